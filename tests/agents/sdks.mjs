/* The vendors' own SDKs read our mock of their APIs (tests/support/model_host.py): what they do not take is no mock of them. */
import assert from 'node:assert/strict';
import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';

const [url, key] = process.argv.slice(2);
const properties = { command: { type: 'string' } };
const schema = { type: 'object', properties, required: ['command'] };
const messages = [{ role: 'user', content: 'Begin' }];

async function anthropic() {
  const client = new Anthropic({ apiKey: key, baseURL: `${url}/anthropic`, maxRetries: 2 });
  const ask = { model: 'm', max_tokens: 100, messages: [...messages], tools: [{ name: 'shell', description: 'x', input_schema: schema }] };
  const first = await client.messages.stream(ask).finalMessage();
  assert.equal(first.stop_reason, 'tool_use');
  const call = first.content.find((block) => block.type === 'tool_use');
  assert.deepEqual([call.name, call.input], ['shell', { command: 'ls' }]);
  ask.messages.push({ role: 'assistant', content: first.content },
    { role: 'user', content: [{ type: 'tool_result', tool_use_id: call.id, content: 'a' }] });
  const second = await client.messages.create(ask);
  assert.deepEqual([second.stop_reason, second.content[0].text, second.usage.output_tokens], ['end_turn', 'Done.', 20]);
  await assert.rejects(new Anthropic({ apiKey: 'x', baseURL: `${url}/anthropic`, maxRetries: 0 }).messages.create(ask),
    Anthropic.AuthenticationError);
}

async function chat() {
  const client = new OpenAI({ apiKey: key, baseURL: `${url}/openai/v1`, maxRetries: 2 });
  const ask = { model: 'm', messages: [...messages], tools: [{ type: 'function', function: { name: 'shell', parameters: schema } }] };
  const stream = await client.chat.completions.create({ ...ask, stream: true, stream_options: { include_usage: true } });
  let written = '', id = '', usage;
  for await (const chunk of stream) {
    const part = chunk.choices[0]?.delta.tool_calls?.[0];
    written += part?.function?.arguments ?? '';
    id ||= part?.id ?? '';
    usage = chunk.usage ?? usage;
  }
  assert.deepEqual([JSON.parse(written), usage.completion_tokens], [{ command: 'ls' }, 20]);
  ask.messages.push({ role: 'assistant', content: null, tool_calls: [{ id, type: 'function', function: { name: 'shell', arguments: written } }] },
    { role: 'tool', tool_call_id: id, content: 'a' });
  const second = await client.chat.completions.create(ask);
  assert.deepEqual([second.choices[0].finish_reason, second.choices[0].message.content], ['stop', 'Done.']);
}

async function responses() {
  const client = new OpenAI({ apiKey: key, baseURL: `${url}/openai/v1`, maxRetries: 2 });
  const ask = { model: 'm', store: false, input: [...messages], tools: [{ type: 'function', name: 'shell', parameters: schema, strict: false }] };
  const first = await client.responses.stream(ask).finalResponse();
  const call = first.output.find((item) => item.type === 'function_call');
  assert.deepEqual([call.name, call.arguments, first.status], ['shell', '{"command": "ls"}', 'completed']);
  ask.input.push({ type: 'function_call', call_id: call.call_id, name: call.name, arguments: call.arguments },
    { type: 'function_call_output', call_id: call.call_id, output: 'a' });
  const second = await client.responses.create(ask);
  assert.deepEqual([second.output_text, second.usage.total_tokens], ['Done.', 170]);
}

for (const [name, check] of Object.entries({ anthropic, chat, responses })) {
  await check();
  console.log(`ok ${name}`);
}
