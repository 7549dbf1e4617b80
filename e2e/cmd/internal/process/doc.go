// Package process starts processes that a benchmark measures, ends them, and reads what
// they cost: CPU time and memory. It needs Linux: CPU clocks of processes, /proc.
package process
