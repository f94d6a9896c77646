/** The polynomial of CRC-32C (Castagnoli), reversed, which OP_MSG has its checksum by. */
const POLYNOMIAL = 0x82f63b78;

const table = Uint32Array.from({ length: 256 }, (_each, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ POLYNOMIAL : value >>> 1;
  return value;
});

/** CRC-32C of the bytes up to `end`. */
export function crc32c(bytes: Uint8Array, end: number): number {
  let value = 0xffffffff;
  for (let at = 0; at < end; at++) {
    value = (table[(value ^ (bytes[at] as number)) & 0xff] as number) ^ (value >>> 8);
  }
  return (value ^ 0xffffffff) >>> 0;
}
