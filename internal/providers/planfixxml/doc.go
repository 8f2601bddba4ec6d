// Package planfixxml speaks the older XML API of Planfix: any of its list methods,
// read whole and page by page.
//
// A list is read by a walk, which says what to ask next and learns from each answer:
// see [walk]. Walks depend on nothing but the answers, so that pages kept by an
// earlier run lead to the same place again. The methods are data: see [Methods].
package planfixxml
