// Package tracker speaks the API of Yandex Tracker: reports, which are objects that
// must exist there, and the issues themselves, read row by row.
//
// Creating reports and searching for them is documented; reading one back, deleting
// one and getting its file are not. Whatever is not documented is tried once, and an
// answer that says nothing is never taken for a difference. A report is never created
// on a guess; see [provider.FindCreated].
package tracker
