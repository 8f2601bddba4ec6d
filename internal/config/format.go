package config

import "github.com/hashicorp/hcl/v2/hclwrite"

// Format returns HCL source in the canonical layout. Source with syntax errors
// keeps its tokens; only spaces change.
func Format(src []byte) []byte { return hclwrite.Format(src) }
