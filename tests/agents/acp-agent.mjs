/* A scripted agent built on the SDK of the Agent Client Protocol (version 1): asks for a permission, edits, tells of it, ends; or
   misbehaves as its word says. */
import fs from 'node:fs';
import { Readable, Writable } from 'node:stream';
import * as acp from '@zed-industries/agent-client-protocol';

const word = process.argv[2];

class Scripted {
  constructor(connection) { this.connection = connection; }
  async initialize() { return { protocolVersion: acp.PROTOCOL_VERSION, agentCapabilities: { loadSession: false } }; }
  async newSession({ mcpServers }) {
    this.tools = mcpServers.map((server) => server.name);
    return { sessionId: 's' };
  }
  async authenticate() { return {}; }
  async cancel() { this.cancelled = true; }
  async tell(update) { await this.connection.sessionUpdate({ sessionId: 's', update }); }
  async prompt() {
    await this.tell({ sessionUpdate: 'agent_message_chunk', content: { type: 'text', text: `tools: ${this.tools}` } });
    if (word === 'silent') await new Promise((resolve) => { const look = setInterval(() => { if (this.cancelled) { clearInterval(look); resolve(); } }, 20); });
    if (this.cancelled) return { stopReason: 'cancelled' };
    const toolCall = { toolCallId: '1', title: 'Edit', kind: 'edit', status: 'pending', locations: [{ path: 'job.py' }] };
    await this.tell({ sessionUpdate: 'tool_call', ...toolCall });
    const { outcome } = await this.connection.requestPermission({ sessionId: 's', toolCall,
      options: [{ kind: 'reject_once', name: 'No', optionId: 'no' }, { kind: 'allow_once', name: 'Yes', optionId: 'yes' }] });
    if (outcome.outcome !== 'selected' || outcome.optionId !== 'yes') return { stopReason: 'refusal' };
    try {
      await this.connection.readTextFile({ sessionId: 's', path: '/etc/passwd' });
      return { stopReason: 'refusal' };
    } catch { /* as it should be */ }
    if (fs.existsSync('job.py'))
      fs.writeFileSync('job.py', fs.readFileSync('job.py', 'utf8').replace('users_v1', 'users_v2').replace('row.first_name', 'row.name'));
    if (word === 'dies') process.exit(1);
    await this.tell({ sessionUpdate: 'tool_call_update', toolCallId: '1', status: 'completed' });
    return { stopReason: 'end_turn' };
  }
}

new acp.AgentSideConnection((connection) => new Scripted(connection),
  acp.ndJsonStream(Writable.toWeb(process.stdout), Readable.toWeb(process.stdin)));
