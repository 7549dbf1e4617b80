package directory

import (
	"context"
	"sync"

	pb "go.etcd.io/etcd/api/v3/etcdserverpb"
	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"
	"google.golang.org/grpc"
	"google.golang.org/grpc/status"
)

// A login gives each call the token that etcd gave for a password, and gets another when etcd
// does not know it any more. The client's own way sends the old token with the request for a new
// one, which etcd 3.4 refuses for that token, and then asks again, for ever. A stream gets no new
// token: a unary call goes before it.
type login struct {
	user     string
	password func() string // printing it shows an address

	asking chan struct{} // holds one while a call asks for a token, because that costs etcd much

	mu    sync.Mutex
	token string
}

func newLogin(c Config) *login {
	password := c.Password
	return &login{user: c.User, password: func() string { return password }, asking: make(chan struct{}, 1)}
}

func (l *login) options() []grpc.DialOption {
	return []grpc.DialOption{grpc.WithPerRPCCredentials(l), grpc.WithChainUnaryInterceptor(l.call)}
}

type withoutToken struct{}

// GetRequestMetadata implements credentials.PerRPCCredentials.
func (l *login) GetRequestMetadata(ctx context.Context, _ ...string) (map[string]string, error) {
	token := l.current()
	if token == "" || ctx.Value(withoutToken{}) != nil {
		return nil, nil
	}
	return map[string]string{rpctypes.TokenFieldNameGRPC: token}, nil
}

// RequireTransportSecurity implements credentials.PerRPCCredentials: the configuration decides
// about TLS.
func (*login) RequireTransportSecurity() bool { return false }

func (l *login) current() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.token
}

// call runs a unary call, and once more with a new token if etcd has refused the old one, which it
// does before it writes anything.
func (l *login) call(ctx context.Context, method string, req, reply any, conn *grpc.ClientConn, invoke grpc.UnaryInvoker, opts ...grpc.CallOption) error {
	old := l.current()
	err := invoke(ctx, method, req, reply, conn, opts...)
	switch status.Convert(err).Message() {
	case rpctypes.ErrorDesc(rpctypes.ErrGRPCInvalidAuthToken), rpctypes.ErrorDesc(rpctypes.ErrGRPCAuthOldRevision), rpctypes.ErrorDesc(rpctypes.ErrGRPCUserEmpty):
	case rpctypes.ErrorDesc(rpctypes.ErrGRPCPermissionDenied): // without a token the user is the name in this node's certificate
		if old != "" {
			return err
		}
	default:
		return err
	}
	if err := l.renew(ctx, old, conn, invoke, opts...); err != nil {
		return err
	}
	return invoke(ctx, method, req, reply, conn, opts...)
}

// renew gets a token, unless another call has got one in place of the old.
func (l *login) renew(ctx context.Context, old string, conn *grpc.ClientConn, invoke grpc.UnaryInvoker, opts ...grpc.CallOption) error {
	select {
	case l.asking <- struct{}{}:
		defer func() { <-l.asking }()
	case <-ctx.Done():
		return status.FromContextError(ctx.Err()).Err()
	}
	if l.current() != old {
		return nil
	}
	var answer pb.AuthenticateResponse
	request := &pb.AuthenticateRequest{Name: l.user, Password: l.password()}
	if err := invoke(context.WithValue(ctx, withoutToken{}, true), pb.Auth_Authenticate_FullMethodName, request, &answer, conn, opts...); err != nil {
		return err
	}
	l.mu.Lock()
	l.token = answer.Token
	l.mu.Unlock()
	return nil
}
