package main

import (
	"encoding/json"
	"fmt"
)

// chunk is all of an answer that does not depend on its number.
type chunk struct{ rows []byte }

// people and places make the cells differ a little.
var (
	people = []string{"Иванова Мария", "Пётр Смирнов", "Anna Lindqvist", "José García", "Олег Ким"}
	places = []string{"Moscow, warehouse 7", "Казань", "Tbilisi", "Санкт-Петербург", "Almaty, office"}
	stages = []string{"In progress", "Done", "Ждёт ответа", "Rejected"}
)

// columns of every report.
const columns = 12

// render makes the rows of a chunk as the service writes them: a header, and rows
// of numbers, dates and words, some of which need quotes.
func render(rows int, links bool) *chunk {
	b := []byte(`{"type":"Header","depth":0,"items":[`)
	for i := range columns {
		b = appendItem(b, i, fmt.Sprintf("Column %d", i+1), "")
	}
	b = append(b, "]}"...)
	for i := range rows {
		b = append(b, `,{"type":"Normal","depth":0,"items":[`...)
		for j, text := range cells(i) {
			link := ""
			if links && j == 0 {
				link = "https://acme.example.com/task/" + text
			}
			b = appendItem(b, j, text, link)
		}
		b = append(b, "]}"...)
	}
	return &chunk{append(b, "]}}"...)}
}

func cells(i int) [columns]string {
	title := fmt.Sprintf("Call the customer about delivery %d", i)
	if i%16 == 0 {
		title = fmt.Sprintf("Call the \"customer\"\nabout delivery %d", i)
	}
	return [columns]string{
		fmt.Sprint(23525 + i), title, people[i%len(people)], fmt.Sprintf("%02d-04-2025 %02d:10", 1+i%28, i%24),
		fmt.Sprintf("%d\u00a0%03d,00", 1+i%90, i*7%1000), stages[i%len(stages)], fmt.Sprint(i % 100), "",
		places[i%len(places)], fmt.Sprintf("client%d@example.com", i%5000), fmt.Sprintf("%d,5%%", i%100), fmt.Sprintf("%08x", i*2654435761&0xffffffff),
	}
}

func appendItem(b []byte, i int, text, link string) []byte {
	if i > 0 {
		b = append(b, ',')
	}
	b = append(append(b, `{"text":`...), quoted(text)...)
	b = append(append(b, `,"link":`...), quoted(link)...)
	return append(b, `,"hidden":false}`...)
}

// quoted is a text as a JSON string.
func quoted(s string) []byte {
	b, err := json.Marshal(s)
	if err != nil {
		panic(err) // a string can always be written
	}
	return b
}
