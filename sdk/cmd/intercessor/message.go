package main

import (
	"encoding/json"
	"unicode/utf8"

	"github.com/sebas642/intercessor/sdk"
)

// The types of a room's messages; web/CHAT.md says who sends which, and when.
const (
	typeName   = "name"   // a string: the sender's name
	typeChat   = "chat"   // a chatLine
	typePeople = "people" // persons: the people in the room, host first
	typePing   = "ping"   // any value, to be sent back at once
	typePong   = "pong"
)

// maxPeople bounds how many names of a list are read.
const maxPeople = 1000

// A person is an entry of the list of people.
type person struct {
	ID   string `json:"id"`
	Name string `json:"name"`
	You  bool   `json:"you,omitempty"` // the receiver of the list
}

// chatLine is a line of chat. The host sets the name when it forwards the line, so a guest
// cannot speak for another.
type chatLine struct {
	Text string `json:"text"`
	Name string `json:"name"`
}

// message returns a message. value consists of strings, booleans and structs of them, which always
// have a JSON form.
func message(typ string, value any) sdk.Message {
	data, err := json.Marshal(value)
	if err != nil {
		panic(err)
	}
	return sdk.Message{Type: typ, Data: data}
}

// The readers clean names, and return false for data of another form. They do not clean the
// text of a line, because a host forwards it unchanged. The screen cleans what it shows.

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

func readPeople(m sdk.Message) ([]person, bool) {
	var people []person
	if json.Unmarshal(m.Data, &people) != nil {
		return nil, false
	}
	people = people[:min(len(people), maxPeople)]
	for i := range people {
		people[i].Name = cleanName(people[i].Name)
	}
	return people, true
}

// namesOf returns the names of people.
func namesOf(people []person) []string {
	names := make([]string, len(people))
	for i, p := range people {
		names[i] = p.Name
	}
	return names
}
