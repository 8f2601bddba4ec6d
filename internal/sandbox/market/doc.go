// Package market simulates a seller's cabinet on Yandex Market: the methods that make
// reports and documents, with their allowances, subscriptions, scopes and work models,
// the links to the files, and the calls around them.
//
// It shares nothing with the provider that is tried out on it: what the service takes
// and refuses is in a table of its own.
package market
