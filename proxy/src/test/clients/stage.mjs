// What the Node programs share: lines for their checks, patience, and a word with the test.
import { createInterface } from 'node:readline';

const PATIENCE_MS = 20_000;
const input = createInterface({ input: process.stdin })[Symbol.asyncIterator]();

/** The sidecar's port (or Redis's own, when it is played without one), Redis's port, the protocol. */
export const [port, redisPort, protocol] = process.argv.slice(2).map(Number);

/** Prints one check: what it is about and what the client library gave. */
export function check(name, value) {
  console.log(`${name}: ${JSON.stringify(value, plain)}`);
}

/** Maps and sets sorted, bytes in hexadecimal, what JSON does not know as text. */
function plain(_, value) {
  if (value?.type === 'Buffer') return `bytes ${Buffer.from(value.data).toString('hex')}`;
  if (value instanceof Map) return Object.fromEntries([...value].sort());
  if (value instanceof Set) return [...value].sort();
  if (typeof value === 'bigint' || value === undefined) return `${value}`;
  if (typeof value === 'number' && !Number.isFinite(value)) return `${value}`;
  return value;
}

/** Prints the name and words of the error that `action` ends with. */
export async function checkError(name, action) {
  try {
    check(name, { value: await action() });
  } catch (error) {
    check(name, `${error.constructor.name}: ${error.message}`);
  }
}

/** Returns once `condition` holds, which is asked again and again. */
export async function until(what, condition) {
  const deadline = Date.now() + PATIENCE_MS;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`waited in vain until ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

/** Lets the test restart what this program is connected to, and returns when that is done. */
export async function restart() {
  console.log('@restart');
  await input.next();
}

/** Runs the parts in order, and ends the process: 0, or 1 with the part that failed. */
export async function play(parts) {
  for (const part of parts) {
    try {
      await part();
    } catch (error) {
      console.log(`${part.name} failed:`, error);
      process.exit(1);
    }
  }
  check('end', 'reached');
  process.exit(0);
}
