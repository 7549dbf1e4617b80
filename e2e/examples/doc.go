// Package examples runs the programs and pages of docs/examples, by the commands that their READMEs
// give. It has only tests.
package examples
