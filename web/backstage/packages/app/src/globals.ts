/* What some of Backstage's packages take for granted, as in Node. Imported before them. */
import { Buffer } from 'buffer/';

Object.assign(globalThis, { Buffer });
