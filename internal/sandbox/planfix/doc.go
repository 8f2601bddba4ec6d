// Package planfix simulates the JSON API of a Planfix account: its reports, their
// saved versions, the data of a version chunk by chunk, and the generation of a
// new version.
//
// It behaves as the vendor's OpenAPI document (1.3.3 to 1.6.9) and manual say, and
// where working public clients have seen the service do something else, as they
// saw it; where they disagree, different reports of the simulated account behave
// differently. It accepts nothing that the service is known to refuse, and enforces
// the limits that the manual names even where the service is known to be lenient.
//
// Nothing about it is random: the same seed, save and chunk give the same bytes.
package planfix
