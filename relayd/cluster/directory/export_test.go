package directory

import "context"

// IsOutdated is the rule without a server: a test cannot run every etcd.
var IsOutdated = isOutdated

// EndYoung takes the mark "young" away, as time does.
func (d *Directory) EndYoung(ctx context.Context) error {
	_, err := d.client.Delete(ctx, d.prefix+youngKey)
	return err
}
