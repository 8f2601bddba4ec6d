// Package market speaks the Yandex Market Partner API, as far as reports and documents
// go: each version is a report that the service generates when it is asked, and hands
// out as a file behind a link that lives an hour.
//
// A generation costs a part of an allowance that is as small as one in ten minutes.
// Therefore nothing is asked that the service would refuse, as far as the table in
// package methods knows; the id of a report is what a later run goes on with; and what
// the service says about its windows goes before what the table says.
package market
