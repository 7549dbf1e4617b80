// A server peer in the ten lines that any WebSocket client needs.
import WebSocket from "ws"

const ws = new WebSocket(process.argv[2])
let joined
ws.on("message", (data) => {
  const { from, type, message } = JSON.parse(data)
  if (type === "HELLO") process.stdout.write(message.id)
  if (type === "PEER_JOINED") joined = message.id
  if (type === "question") ws.send(JSON.stringify({ to: from, type: "answer", message: { joined, got: message } }))
  if (type === "bye") ws.close(1000)
})
