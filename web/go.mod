module github.com/sebas642/intercessor/web

go 1.26.0

require rsc.io/qr v0.2.0
