// Command empty does nothing in a page: it is what each Go program there needs at least.
package main

func main() { select {} }
