// Package planfixxml simulates the older XML API of a Planfix account: its lists of
// tasks, contacts, projects, people, comments, analytics, handbooks and files.
//
// It behaves as the vendor's manual says and, where that is silent, as working public
// clients have seen the service behave; where neither tells it plays the less
// comfortable of the likely answers. Parameters that no page of the manual names are
// refused, so that a client that relies on them is noticed.
//
// The account lives: as virtual time passes, tasks are made, changed and deleted, and
// comments written. Nothing about it is random: the same seed and moment give the
// same account.
package planfixxml
