package sandbox

import (
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"strings"

	"reportsync/internal/clock"
	"reportsync/internal/sandbox/market"
	"reportsync/internal/sandbox/planfix"
	"reportsync/internal/sandbox/planfixxml"
	"reportsync/internal/sandbox/sim"
	"reportsync/internal/sandbox/tracker"
)

const (
	defaultAddr = "127.0.0.1:0"
	// defaultSpeed makes ten minutes of waiting last a second.
	defaultSpeed = 600
	defaultSeed  = 1
)

// Options say where the sandbox lives and how it behaves. The zero value is a
// sandbox in memory for a client in the same process.
type Options struct {
	// Dir is the folder of the memory, made if it does not exist; "" keeps the
	// memory in the process only.
	Dir string
	// Wall is the machine's clock; nil means [clock.Wall].
	Wall clock.Clock
	// Speed is how many times faster than the wall clock the sandbox's clock runs.
	// Inside a process (no Addr) it does so only while somebody sleeps on
	// [Server.Clock], and 0 means 600. As a server (with Addr) it does so all the
	// time, and 0 means 1, because a client in another process waits by the wall
	// clock.
	Speed float64
	// Faults are orders to misbehave, from [ParseFaults].
	Faults []Fault
	// Profile settles what nobody knows about the services, or what differs between
	// accounts, from [ParseProfile].
	Profile Profile
	// Addr is the address to listen on, as a server for other processes; only
	// loopback addresses are accepted. "" is any free port, for this process.
	Addr string
	// Log receives a line for every request, at debug level, and what went wrong
	// inside the sandbox; nil discards.
	Log *slog.Logger
	// Seed is what the world is made from, when the memory is new; 0 means 1.
	Seed uint64
	// Planfix changes the account of the planfix provider.
	Planfix planfix.Options
	// PlanfixXML changes the account of the planfix_xml provider.
	PlanfixXML planfixxml.Options
	// Market changes the cabinet of the yandex_market provider.
	Market market.Options
	// Tracker changes the organisation of the yandex_tracker provider.
	Tracker tracker.Options
}

// Fault is an order to misbehave.
type Fault = sim.Fault

// Profile is how the services are set up.
type Profile = sim.Profile

// services makes the simulators. Adding one here, and to catalogue, is all that
// the server needs.
func services(env func(provider string) sim.Env, o *Options) ([]sim.Service, error) {
	pf, err := planfix.New(env(planfix.Provider), o.Planfix)
	if err != nil {
		return nil, err
	}
	px, err := planfixxml.New(env(planfixxml.Provider), o.PlanfixXML)
	if err != nil {
		return nil, err
	}
	tr, err := tracker.New(env(tracker.Provider), o.Tracker)
	if err != nil {
		return nil, err
	}
	ym, err := market.New(env(market.Provider), o.Market)
	if err != nil {
		return nil, err
	}
	return []sim.Service{pf, px, ym, tr}, nil
}

// catalogue is what faults can be ordered before any simulator runs.
func catalogue() sim.Catalogue {
	return sim.Catalogue{planfix.Info(), planfixxml.Info(), market.Info(), tracker.Info()}
}

// Services describe the simulated services, for the reference page.
func Services() []sim.Info { return catalogue() }

// CommonFaults can be ordered for every service.
func CommonFaults() []sim.Kind { return sim.Common }

// ParseFaults reads a list of faults, separated by commas: NAME, NAME:ENDPOINT or
// NAME:ENDPOINT:WHICH.
//
//	reset:data:2           the first two requests for data are reset
//	lost-answer:generate:1 the first generation is started, the answer lost
//	500:*:0.1              one request in ten fails, by chance
//	truncate:data:3-3      the third request for data is cut
//	code22:planfix:5-      from the fifth request on, the quota is used up
//
// Requests are counted from the start of the process. [Description] lists the
// names. The error names the nearest one for a name that
// does not exist.
func ParseFaults(list string) ([]Fault, error) { return catalogue().Parse(list) }

// ParseProfile reads a list of settings, separated by commas, each of the form
// PROVIDER.NAME=VALUE, or NAME=VALUE where only one service has such a switch.
// [Description] lists the switches of each service. The error names the nearest
// one for a name that does not exist.
func ParseProfile(list string) (Profile, error) { return catalogue().ParseProfile(list) }

// withDefaults fills what was left out and refuses what cannot be.
func (o Options) withDefaults() (Options, error) {
	if o.Wall == nil {
		o.Wall = clock.Wall{}
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Seed == 0 {
		o.Seed = defaultSeed
	}
	if o.Speed < 0 || o.Speed != o.Speed || o.Speed > 1e6 {
		return o, fmt.Errorf("speed %v: give a factor between 1 and 1000000", o.Speed)
	}
	if o.Speed == 0 {
		o.Speed = defaultSpeed
		if o.Addr != "" {
			o.Speed = 1
		}
	}
	if o.Addr != "" && !loopback(o.Addr) {
		return o, fmt.Errorf("address %q: the sandbox listens on loopback addresses only, such as 127.0.0.1:8080", o.Addr)
	}
	return o, nil
}

// loopback reports whether a host, or a host and a port, is this machine's own.
func loopback(addr string) bool {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		host = strings.Trim(addr, "[]")
	}
	if strings.EqualFold(host, "localhost") {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.IsLoopback()
}
