/** Writes structs in Thrift's compact protocol. */

export type ThriftField =
  | { readonly id: number; readonly type: 'i32' | 'i64'; readonly value: number }
  | { readonly id: number; readonly type: 'i8'; readonly value: number }
  | { readonly id: number; readonly type: 'bool'; readonly value: boolean }
  | { readonly id: number; readonly type: 'binary'; readonly value: Uint8Array | string }
  | { readonly id: number; readonly type: 'struct'; readonly value: readonly ThriftField[] }
  | { readonly id: number; readonly type: 'i32s'; readonly value: readonly number[] }
  | { readonly id: number; readonly type: 'binaries'; readonly value: readonly string[] }
  | { readonly id: number; readonly type: 'structs'; readonly value: readonly (readonly ThriftField[])[] };

const TYPES = { i8: 3, i32: 5, i64: 6, binary: 8, i32s: 9, binaries: 9, structs: 9, struct: 12 } as const;

/** Fields in ascending order of their ids. */
export function thriftBytes(fields: readonly ThriftField[]): Uint8Array {
  const out: number[] = [];
  writeStruct(fields, out);
  return Uint8Array.from(out);
}

function writeStruct(fields: readonly ThriftField[], out: number[]): void {
  let last = 0;
  for (const field of fields) {
    const type = field.type === 'bool' ? (field.value ? 1 : 2) : TYPES[field.type];
    const delta = field.id - last;
    if (delta > 0 && delta < 16) out.push((delta << 4) | type);
    else {
      out.push(type);
      writeZigzag(field.id, out);
    }
    last = field.id;
    writeValue(field, out);
  }
  out.push(0);
}

function writeValue(field: ThriftField, out: number[]): void {
  switch (field.type) {
    case 'bool':
      return;
    case 'i8':
      out.push(field.value & 255);
      return;
    case 'i32':
    case 'i64':
      writeZigzag(field.value, out);
      return;
    case 'binary':
      writeBinary(field.value, out);
      return;
    case 'struct':
      writeStruct(field.value, out);
      return;
    case 'i32s':
      writeListHead(field.value.length, TYPES.i32, out);
      for (const value of field.value) writeZigzag(value, out);
      return;
    case 'binaries':
      writeListHead(field.value.length, TYPES.binary, out);
      for (const value of field.value) writeBinary(value, out);
      return;
    case 'structs':
      writeListHead(field.value.length, TYPES.struct, out);
      for (const value of field.value) writeStruct(value, out);
  }
}

function writeListHead(length: number, type: number, out: number[]): void {
  if (length < 15) out.push((length << 4) | type);
  else {
    out.push(0xf0 | type);
    writeVarint(length, out);
  }
}

function writeBinary(value: Uint8Array | string, out: number[]): void {
  const bytes = typeof value === 'string' ? Buffer.from(value) : value;
  writeVarint(bytes.length, out);
  for (const byte of bytes) out.push(byte);
}

function writeZigzag(value: number, out: number[]): void {
  writeVarint(value < 0 ? -value * 2 - 1 : value * 2, out);
}

function writeVarint(value: number, out: number[]): void {
  let rest = value;
  while (rest > 127) {
    out.push((rest % 128) | 128);
    rest = Math.floor(rest / 128);
  }
  out.push(rest);
}
