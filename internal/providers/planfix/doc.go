// Package planfix is the provider of the Planfix REST API: reports, their saved
// versions, and generations of new ones.
//
// It speaks the service's wire language and nothing else. A saved version (a
// save) is listed with its number of chunks and read chunk by chunk; a generation
// is started, polled by its request id, and ends in a save. What the service
// documents in one shape and sends in another is read in both.
//
// Where the facts come from: the vendor's OpenAPI document (1.3.3 to 1.6.9) and
// manual, and what public clients of the API rely on. Where those contradict each
// other, the comment says so and what is done about it.
package planfix
