package directory

// IsOutdated is the rule without a server: a test cannot run every etcd.
var IsOutdated = isOutdated
