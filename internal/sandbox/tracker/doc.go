// Package tracker simulates the API of a Yandex Tracker organisation: its issues,
// searched in pages, by cursor and by scroll; the history of an issue; the
// catalogue of fields; saved filters; and the report entity, which can be created
// and searched for and about which little more is documented.
//
// It behaves as the vendor's help pages say and, where they are silent, as working
// public clients have seen the service behave. What neither tells is a switch of
// the profile: whether a report can be read back and in what shape, whether it can
// be deleted, whether its file can be fetched. Without a profile the simulator
// plays the less comfortable of the likely answers. It accepts nothing that is
// documented as refused.
//
// The organisation lives: issues are made, changed, moved and deleted as the
// virtual hours pass. Nothing about it is random: the same seed and moment give the
// same organisation.
package tracker
