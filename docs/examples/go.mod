module github.com/sebas642/intercessor/docs/examples

go 1.26.0

require github.com/pion/webrtc/v4 v4.2.26
