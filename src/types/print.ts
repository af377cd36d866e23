/** Types as Flink prints them: `DECIMAL(10, 2) NOT NULL`, `ARRAY<INT NOT NULL>`, `ROW<`a` INT>`. */
import { type DataType, MAX_LENGTH } from './data-type.ts';

export function printType(type: DataType): string {
  const attribute = 'time' in type && type.time !== undefined ? ` *${type.time.toUpperCase()}*` : '';
  const nullability = type.nullable || type.kind === 'NULL' ? '' : ' NOT NULL';
  return `${printKind(type)}${nullability}${attribute}`;
}

/** Without the outermost NOT NULL and time attribute. */
export function printKind(type: DataType): string {
  switch (type.kind) {
    case 'VARCHAR':
      return type.length === MAX_LENGTH ? 'STRING' : `VARCHAR(${type.length})`;
    case 'VARBINARY':
      return type.length === MAX_LENGTH ? 'BYTES' : `VARBINARY(${type.length})`;
    case 'CHAR':
    case 'BINARY':
      return `${type.kind}(${type.length})`;
    case 'DECIMAL':
      return `DECIMAL(${type.precision}, ${type.scale})`;
    case 'TIME':
    case 'TIMESTAMP':
    case 'TIMESTAMP_LTZ':
      return `${type.kind}(${type.precision})`;
    case 'INTERVAL_YEAR_MONTH':
      return 'INTERVAL MONTH';
    case 'INTERVAL_DAY_TIME':
      return 'INTERVAL SECOND(3)';
    case 'ARRAY':
    case 'MULTISET':
      return `${type.kind}<${printType(type.element)}>`;
    case 'MAP':
      return `MAP<${printType(type.key)}, ${printType(type.value)}>`;
    case 'ROW': {
      const fields = type.fields.map((field) => `\`${field.name.replaceAll('`', '``')}\` ${printType(field.type)}`);
      return `ROW<${fields.join(', ')}>`;
    }
    default:
      return type.kind;
  }
}
