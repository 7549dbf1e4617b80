package main

import (
	"encoding/json"
	"unicode/utf8"

	"github.com/sebas642/intercessor/sdk"
)

// The types of a room's messages; web/CHAT.md says who sends which, and when.
const (
	typeName   = "name"   // a string: what I am called
	typeChat   = "chat"   // a chatLine
	typePeople = "people" // strings: who is in the room, host first
	typePing   = "ping"   // anything, to be sent back at once
	typePong   = "pong"
)

// maxPeople bounds how many names of a list are looked at.
const maxPeople = 1000

// chatLine is what somebody says. The host fills in the name when it passes the
// line on: a guest cannot speak for another.
type chatLine struct {
	Text string `json:"text"`
	Name string `json:"name"`
}

// message makes a message of strings and structs of strings, which always have a JSON form.
func message(typ string, value any) sdk.Message {
	data, err := json.Marshal(value)
	if err != nil {
		panic(err)
	}
	return sdk.Message{Type: typ, Data: data}
}

// The readers clean names, and answer false for data of another shape. The text of a line
// stays as it is, because a host passes it on; the screen cleans what it shows.

func readName(m sdk.Message) (string, bool) {
	var name string
	if json.Unmarshal(m.Data, &name) != nil {
		return "", false
	}
	return cleanName(name), true
}

func readChat(m sdk.Message) (chatLine, bool) {
	var line chatLine
	if json.Unmarshal(m.Data, &line) != nil {
		return chatLine{}, false
	}
	if utf8.RuneCountInString(line.Text) > maxText {
		line.Text = cleanText(line.Text, maxText)
	}
	return chatLine{Text: line.Text, Name: cleanName(line.Name)}, true
}

func readPeople(m sdk.Message) ([]string, bool) {
	var people []string
	if json.Unmarshal(m.Data, &people) != nil {
		return nil, false
	}
	people = people[:min(len(people), maxPeople)]
	for i, name := range people {
		people[i] = cleanName(name)
	}
	return people, true
}
