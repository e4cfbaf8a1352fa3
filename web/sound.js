// Plays the call's sound on the browser's own sound thread: blocks of 20 ms at 48 kHz, as few waiting as keeps it whole.
/* global AudioWorkletProcessor, registerProcessor, sampleRate */

/** Begins with so much waiting, and leaves out what is beyond the most, in seconds. */
const startSeconds = 0.06;
const mostSeconds = 0.2;

class CallSound extends AudioWorkletProcessor {
  #blocks = [];
  /** Samples that wait, and how many of the first block are played. */
  #waiting = 0;
  #played = 0;
  #runs = false;
  #total = 0;
  #toldAt = 0;

  constructor() {
    super();
    this.port.onmessage = ({ data }) => {
      const block = new Int16Array(data);
      this.#blocks.push(block);
      this.#waiting += block.length;
      while (this.#waiting > mostSeconds * sampleRate) this.#drop();
    };
  }

  #drop() {
    this.#waiting -= this.#blocks.shift().length - this.#played;
    this.#played = 0;
  }

  process(_inputs, [[out]]) {
    this.#runs = this.#waiting > (this.#runs ? 0 : startSeconds * sampleRate);
    for (let at = 0; at < out.length && this.#runs; at++) {
      const [block] = this.#blocks;
      if (!block) break;
      out[at] = block[this.#played++] / 32_768;
      this.#waiting--;
      this.#total++;
      if (this.#played === block.length) {
        this.#blocks.shift();
        this.#played = 0;
      }
    }
    if (this.#total - this.#toldAt >= sampleRate / 4) {
      this.#toldAt = this.#total;
      this.port.postMessage(this.#total);
    }
    return true;
  }
}

registerProcessor('call-sound', CallSound);
