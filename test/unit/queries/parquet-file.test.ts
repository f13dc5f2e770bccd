import { expect } from 'chai';
import { ParquetFile } from '../../../server/queries/export/parquet-file.ts';
import { BINARY, encodeStruct, I64, LIST, STRUCT, type ThriftStruct } from '../../../server/queries/export/thrift.ts';

const MAGIC = Buffer.from('PAR1');

/** Of one row group with one column, whose meta data have a text. */
function parquetFile(text: string): Buffer {
  const metaData: ThriftStruct = new Map([
    [3, { type: BINARY, value: Buffer.concat([Buffer.from([text.length]), Buffer.from(text)]) }],
  ]);
  const column: ThriftStruct = new Map([[3, { type: STRUCT, value: metaData }]]);
  const group: ThriftStruct = new Map([[1, { type: LIST, value: [column] }]]);
  const footer = encodeStruct(
    new Map([
      [3, { type: I64, value: 1n }],
      [4, { type: LIST, value: [group] }],
    ]),
  );
  const length = Buffer.alloc(4);
  length.writeUInt32LE(footer.length);
  return Buffer.concat([MAGIC, Buffer.from('pages'), footer, length, MAGIC]);
}

describe('the Parquet file of an export', () => {
  it('keeps nothing of the memory of the files it was given', () => {
    const joined = new ParquetFile();
    for (const text of ['first', 'second']) {
      const file = parquetFile(text);
      joined.take(file);
      file.fill(0);
    }
    expect(joined.end().toString('latin1')).to.include('first').and.to.include('second');
  });
});
