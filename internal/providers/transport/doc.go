// Package transport is the HTTP client that all providers share. It puts a
// service's calls through one place that
//
//   - spaces requests and limits how many are in flight, on the handed-in clock;
//   - repeats calls that are safe to repeat, and no others, with backoff and the
//     service's own Retry-After;
//   - gives up on a server that does not answer or whose body stalls;
//   - follows no redirect, so that credentials never reach another host;
//   - undoes gzip, bounds what is held in memory, and keeps secrets and control
//     characters out of messages;
//   - reports to the hooks of [reportsync/internal/providers.Trace].
//
// It knows no service: what an answer means is said by the [Judge] of a [Call].
// It decides nothing across runs, caches nothing, and stores no cookie.
package transport
