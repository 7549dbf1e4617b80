package web

import (
	"strconv"
	"strings"
)

// codings are the known content codings, best first.
var codings = []string{"br", "gzip", "identity"}

// preferredCoding chooses a form by Accept-Encoding (RFC 9110, 12.5.3): the highest weight wins,
// zero forbids, "*" stands for all codings that are not named, and the plain form is acceptable
// unless it is forbidden. Between equal weights the order of codings decides. If everything is
// forbidden it returns the plain form, which the RFC permits.
func preferredCoding(accept []string, forms map[string]form) string {
	weights := parseWeights(strings.Join(accept, ","))
	best, bestWeight := "identity", 0.0
	for _, coding := range codings {
		if _, held := forms[coding]; !held {
			continue
		}
		if weight := weightOf(coding, weights); weight > bestWeight {
			best, bestWeight = coding, weight
		}
	}
	return best
}

func weightOf(coding string, weights map[string]float64) float64 {
	if weight, named := weights[coding]; named {
		return weight
	}
	if weight, any := weights["*"]; any {
		return weight
	}
	if coding == "identity" {
		return 0.0001 // acceptable, but below every requested coding
	}
	return 0
}

// parseWeights reads "br;q=0.8, gzip, *;q=0". A malformed entry counts as forbidden, so that a
// client gets only forms that it can certainly read.
func parseWeights(accept string) map[string]float64 {
	weights := map[string]float64{}
	for item := range strings.SplitSeq(accept, ",") {
		name, parameter, weighted := strings.Cut(strings.TrimSpace(item), ";")
		name = strings.ToLower(strings.TrimSpace(name))
		if name == "" {
			continue
		}
		if name == "x-gzip" { // the same coding, RFC 9110, 8.4.1.3
			name = "gzip"
		}
		weights[name] = 1
		if weighted {
			weights[name] = parseWeight(strings.TrimSpace(parameter))
		}
	}
	return weights
}

func parseWeight(parameter string) float64 {
	if len(parameter) < 2 || !strings.EqualFold(parameter[:2], "q=") {
		return 0
	}
	weight, err := strconv.ParseFloat(parameter[2:], 64)
	if err != nil || !(weight >= 0 && weight <= 1) {
		return 0
	}
	return weight
}
