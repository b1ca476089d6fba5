/* The conformance suite of MCP speaks HTTP, and `honk mcp` standard input and output: each session is one process, and every message
   passes as it is.   mcp-bridge.mjs COMMAND ARGUMENT…   prints its address. */
import { randomUUID } from 'node:crypto';
import http from 'node:http';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';

const [command, ...args] = process.argv.slice(2);
const sessions = new Map();

async function begin() {
  const inner = new StdioClientTransport({ command, args });
  const outer = new StreamableHTTPServerTransport({
    sessionIdGenerator: randomUUID,
    onsessioninitialized: (id) => sessions.set(id, outer),
  });
  outer.onmessage = (message) => inner.send(message);
  inner.onmessage = (message) => outer.send(message);
  outer.onclose = () => inner.close();
  await Promise.all([inner.start(), outer.start()]);
  return outer;
}

http.createServer(async (request, response) => {
  const known = sessions.get(request.headers['mcp-session-id']);
  await (known ?? await begin()).handleRequest(request, response);
}).listen(0, '127.0.0.1', function () {
  console.log(`http://127.0.0.1:${this.address().port}/mcp`);
});
