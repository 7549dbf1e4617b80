package schema

// A keyword of draft 2020-12 says where its subschemas are, and what
// they apply to.
type keyword struct {
	holds holds
	looks looks
}

type holds uint8

const (
	noSchema   holds = iota
	oneSchema        // not, items
	schemaList       // allOf
	schemaMap        // properties
)

type looks uint8

const (
	nowhere looks = iota // $defs: until a $ref comes
	same                 // at the value itself
	inside               // at what is in the value
)

// keywords are the supported keywords. Any other is a mistake: if a keyword is
// misspelt, or checks nothing here (contentMediaType), its author would rely on it in vain.
// Of references only $ref is here: within one file $dynamicRef says no more, and the
// library looks for its end through everything that it is in.
var keywords = map[string]keyword{
	"$ref": {}, "$defs": {schemaMap, nowhere},
	"allOf": {schemaList, same}, "anyOf": {schemaList, same}, "oneOf": {schemaList, same},
	"not": {oneSchema, same}, "if": {oneSchema, same}, "then": {oneSchema, same}, "else": {oneSchema, same},
	"dependentSchemas": {schemaMap, same},
	"properties":       {schemaMap, inside}, "patternProperties": {schemaMap, inside},
	"additionalProperties": {oneSchema, inside}, "propertyNames": {oneSchema, inside}, "unevaluatedProperties": {oneSchema, inside},
	"items": {oneSchema, inside}, "contains": {oneSchema, inside}, "unevaluatedItems": {oneSchema, inside},
	"prefixItems": {schemaList, inside},

	"type": {}, "enum": {}, "const": {}, "format": {}, "pattern": {},
	"multipleOf": {}, "maximum": {}, "exclusiveMaximum": {}, "minimum": {}, "exclusiveMinimum": {},
	"maxLength": {}, "minLength": {}, "maxItems": {}, "minItems": {}, "uniqueItems": {}, "maxContains": {}, "minContains": {},
	"maxProperties": {}, "minProperties": {}, "required": {}, "dependentRequired": {},

	"title": {}, "description": {}, "default": {}, "deprecated": {}, "readOnly": {}, "writeOnly": {}, "examples": {}, "$comment": {},
}

// annotations check nothing.
var annotations = map[string]bool{
	"title": true, "description": true, "default": true, "deprecated": true, "readOnly": true, "writeOnly": true, "examples": true, "$comment": true,
}

// counts are the keywords whose value the library treats as an int, whatever it is.
var counts = map[string]bool{
	"maxLength": true, "minLength": true, "maxItems": true, "minItems": true, "maxContains": true, "minContains": true,
	"maxProperties": true, "minProperties": true,
}

// compares are the keywords with values that a value is compared with.
var compares = map[string]bool{
	"enum": true, "const": true, "multipleOf": true, "maximum": true, "exclusiveMaximum": true, "minimum": true, "exclusiveMinimum": true,
}

// formats are the supported formats. The draft leaves it open whether a format is checked. Here it
// is, because its author relies on it, and an unsupported one is a mistake. Of
// the library's formats, regex is left out, because its values would be patterns of peers.
var formats = map[string]bool{
	"date-time": true, "date": true, "time": true, "duration": true,
	"email": true, "hostname": true, "ipv4": true, "ipv6": true, "uri": true, "uri-reference": true,
	"uuid": true, "json-pointer": true, "relative-json-pointer": true,
}
