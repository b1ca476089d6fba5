/* backend-test-utils speaks with jest's globals; node's test runner has the same under other names. */
import { after, afterEach, before, beforeEach, mock } from 'node:test';

function fn(implementation) {
  const made = mock.fn(implementation);
  made.mockImplementation = next => (made.mock.mockImplementation(next), made);
  made.mockReturnValue = value => made.mockImplementation(() => value);
  made.mockResolvedValue = value => made.mockImplementation(async () => value);
  return made;
}

Object.assign(globalThis, { beforeAll: before, afterAll: after, beforeEach, afterEach, jest: { fn } });
