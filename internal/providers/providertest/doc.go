// Package providertest is the conformance suite that every provider passes,
// against any server that plays its service: one of the provider's own tests, or
// a simulator.
//
// It checks what the engine relies on and the compiler cannot: versions in order,
// parts that are complete or an error, no body that ends early without anyone
// noticing, calls that end when they are told to, errors that say what was done
// and of which kind they are, no secret in a message, no data race and no
// goroutine left behind. It does not check what a service's answers mean; that is
// the provider's own tests' business.
package providertest
