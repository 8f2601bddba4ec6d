package sandbox

import "reportsync/internal/sandbox/sim"

// Description is what a user of a running sandbox wants to know.
type Description struct {
	// Address is host and port; Control the address of the sandbox's own endpoints.
	Address, Control string
	// Dir is the folder of the memory, or "".
	Dir   string
	Speed float64
	// Faults are those that were ordered.
	Faults []Fault
	// CommonFaults can be ordered for every service.
	CommonFaults []sim.Kind
	Services     []ServiceDescription
}

// ServiceDescription describes one simulated service.
type ServiceDescription struct {
	sim.Info
	// URL is the base address.
	URL string
	// Block are the arguments of a provider block that leads here, in order.
	Block []sim.Argument
}

// Describe returns the description of the running sandbox.
func (s *Server) Describe() Description {
	d := Description{
		Address: s.Addr(), Control: "http://" + s.Addr() + "/" + controlRoot + "/",
		Dir: s.opt.Dir, Speed: s.opt.Speed, Faults: s.opt.Faults, CommonFaults: sim.Common,
	}
	for _, name := range s.order {
		svc := s.services[name]
		block := append([]sim.Argument{{Name: "base_url", Value: s.URL(name)}}, svc.info.Arguments...)
		d.Services = append(d.Services, ServiceDescription{Info: svc.info, URL: s.URL(name), Block: block})
	}
	return d
}
