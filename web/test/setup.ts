import { cleanup, configure } from '@testing-library/react';
import { afterEach } from 'vitest';

// jsdom has dialogs that do not open, no canvas and no capture of pointers; tests of the client have no page at all.
if (typeof document !== 'undefined') {
  afterEach(cleanup);
  configure({ asyncUtilTimeout: 20_000 }); // a busy machine is slow, and not wrong
  HTMLDialogElement.prototype.showModal ??= function showModal(this: HTMLDialogElement) {
    this.open = true;
  };
  HTMLDialogElement.prototype.close ??= function close(this: HTMLDialogElement) {
    this.open = false;
  };
  Element.prototype.setPointerCapture ??= () => undefined;
  HTMLCanvasElement.prototype.getContext = (() => null) as typeof HTMLCanvasElement.prototype.getContext;
  window.scrollTo = () => undefined;
}
