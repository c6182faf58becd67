// Answers every request with a greeting, and finishes what it has when it is asked to end.
import { createServer } from "node:http";

const { GREETING, HOST, PORT } = process.env;

const server = createServer((request, response) => {
  response.end(`${GREETING} from ${process.pid}\n`);
});

server.listen(PORT, HOST, () => console.log(`listening on ${HOST}:${PORT}`));

process.on("SIGTERM", () => {
  server.close();
  server.closeIdleConnections();
});
