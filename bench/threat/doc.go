// Package threat measures a playbook walked over a generated estate: grounding, the closure with its people, one foothold, what if.
// bench/run.sh runs it.
package threat
