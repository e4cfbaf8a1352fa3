// Cuts a stream of JPEGs into pictures by walking their markers, so that what lies inside a picture never cuts it.

/** A picture of 2040 by 2040 pixels in the best quality is smaller. */
const maxPictureBytes = 16 * 1024 * 1024;
const startOfImage = 0xd8;
const endOfImage = 0xd9;
const startOfScan = 0xda;

/**
 * One stage: bytes in, whole pictures out. What lies between pictures, and a picture that is broken, is passed over.
 * A segment is skipped by its length, so that a thumbnail inside an EXIF segment is no picture of its own.
 */
export class JpegSplitter {
  #bytes: Buffer = Buffer.alloc(0);
  /** How far the picture at the beginning of `#bytes` has been walked through. */
  #pos = 0;
  #isInScan = false;

  /** The pictures that are whole with these bytes, in order. */
  push(chunk: Buffer): Buffer[] {
    this.#bytes = this.#bytes.length === 0 ? chunk : Buffer.concat([this.#bytes, chunk]);
    const pictures: Buffer[] = [];
    for (let picture = this.#next(); picture; picture = this.#next()) pictures.push(picture);
    if (this.#bytes.length > maxPictureBytes) this.#restart(2);
    return pictures;
  }

  #next(): Buffer | null {
    if (this.#pos === 0 && !this.#findStart()) return null;
    for (;;) {
      if (this.#isInScan && !this.#walkScan()) return null;
      const bytes = this.#bytes;
      if (this.#pos + 2 > bytes.length) return null;
      const marker = bytes[this.#pos + 1] ?? 0;
      if (bytes[this.#pos] !== 0xff) {
        // No marker where one must be: not a picture after all.
        this.#restart(2);
        if (!this.#findStart()) return null;
        continue;
      }
      if (marker === 0xff) {
        this.#pos++;
      } else if (marker === endOfImage) {
        const end = this.#pos + 2;
        const picture = Buffer.from(bytes.subarray(0, end));
        this.#restart(end);
        return picture;
      } else if (marker === startOfImage) {
        // The last one was cut off.
        this.#restart(this.#pos);
        this.#pos = 2;
      } else if (marker === 0x01 || (marker >= 0xd0 && marker <= 0xd7)) {
        this.#pos += 2;
      } else {
        if (this.#pos + 4 > bytes.length) return null;
        const length = bytes.readUInt16BE(this.#pos + 2);
        if (length < 2) {
          this.#restart(2);
          if (!this.#findStart()) return null;
          continue;
        }
        if (this.#pos + 2 + length > bytes.length) return null;
        this.#pos += 2 + length;
        this.#isInScan = marker === startOfScan;
      }
    }
  }

  /** Goes to the next marker that ends the scan; zeros and restart markers belong to it. False when it is not here yet. */
  #walkScan(): boolean {
    const bytes = this.#bytes;
    for (;;) {
      const at = bytes.indexOf(0xff, this.#pos);
      if (at === -1 || at + 1 >= bytes.length) {
        this.#pos = at === -1 ? bytes.length : at;
        return false;
      }
      const marker = bytes[at + 1] ?? 0;
      if (marker === 0 || (marker >= 0xd0 && marker <= 0xd7)) this.#pos = at + 2;
      else if (marker === 0xff) this.#pos = at + 1;
      else {
        this.#pos = at;
        this.#isInScan = false;
        return true;
      }
    }
  }

  /** Looks for the beginning of a picture; throws away what is before it. */
  #findStart(): boolean {
    const bytes = this.#bytes;
    for (let at = bytes.indexOf(0xff); at !== -1; at = bytes.indexOf(0xff, at + 1)) {
      if (at + 1 >= bytes.length) {
        this.#restart(at);
        return false;
      }
      if (bytes[at + 1] !== startOfImage) continue;
      this.#restart(at);
      this.#pos = 2;
      return true;
    }
    this.#restart(bytes.length);
    return false;
  }

  #restart(from: number): void {
    this.#bytes = this.#bytes.subarray(from);
    this.#pos = 0;
    this.#isInScan = false;
  }
}
