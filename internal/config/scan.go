package config

import (
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"reportsync/internal/config/funcs"
)

// scan reports the references and the function calls of an expression. Calls can
// be seen in native syntax only; in JSON they come to light when evaluated.
func scan(expr hcl.Expression, ref func(hcl.Traversal), call func(name string, rng hcl.Range)) {
	switch e := expr.(type) {
	case *hclsyntax.LiteralValueExpr:
		return
	case *hclsyntax.TemplateExpr:
		if e.IsStringLiteral() {
			return
		}
	case *hclsyntax.ScopeTraversalExpr:
		ref(e.Traversal)
		return
	case hclsyntax.Expression:
	default:
		for _, t := range expr.Variables() {
			ref(t)
		}
		return
	}
	_ = hclsyntax.Walk(expr.(hclsyntax.Node), &scanner{ref: ref, call: call}) // the scanner returns no diagnostics
}

type scanner struct {
	ref   func(hcl.Traversal)
	call  func(string, hcl.Range)
	inner []map[string]struct{}
}

// Enter implements [hclsyntax.Walker].
func (s *scanner) Enter(n hclsyntax.Node) hcl.Diagnostics {
	switch n := n.(type) {
	case *hclsyntax.ScopeTraversalExpr:
		for _, names := range s.inner {
			if _, own := names[n.Traversal.RootName()]; own {
				return nil
			}
		}
		s.ref(n.Traversal)
	case *hclsyntax.FunctionCallExpr:
		s.call(n.Name, n.NameRange)
	case hclsyntax.ChildScope:
		s.inner = append(s.inner, n.LocalNames)
	}
	return nil
}

// Exit implements [hclsyntax.Walker].
func (s *scanner) Exit(n hclsyntax.Node) hcl.Diagnostics {
	if _, ok := n.(hclsyntax.ChildScope); ok {
		s.inner = s.inner[:len(s.inner)-1]
	}
	return nil
}

func checkFunction(name string, rng hcl.Range) hcl.Diagnostics {
	if funcs.Has(name) {
		return nil
	}
	if why, ok := funcs.Refused(name); ok {
		return hcl.Diagnostics{diag(rng, unknownFunction, "There is no function %q: %s.", name, why)}
	}
	return hcl.Diagnostics{diag(rng, unknownFunction, "There is no function %q.%s", name, didYouMean(name, funcs.Names()))}
}

const unknownFunction = "Call to unknown function"
