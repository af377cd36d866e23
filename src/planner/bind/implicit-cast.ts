/** Which types INSERT casts by itself. Source: Flink's LogicalTypeCasts, the implicit rules. */
import { type DataType, isNumeric, isTimestamp } from '../../types/data-type.ts';

const INTEGER_RANK: Readonly<Record<string, number>> = { TINYINT: 0, SMALLINT: 1, INT: 2, BIGINT: 3 };

/** Without regard to nullability of the outermost type, which is enforced at run time. */
export function supportsImplicitCast(from: DataType, to: DataType): boolean {
  if (from.kind === 'NULL') return true;
  switch (to.kind) {
    case 'CHAR':
      return from.kind === 'CHAR';
    case 'VARCHAR':
      return from.kind === 'CHAR' || from.kind === 'VARCHAR';
    case 'BINARY':
      return from.kind === 'BINARY';
    case 'VARBINARY':
      return from.kind === 'BINARY' || from.kind === 'VARBINARY';
    case 'TINYINT':
    case 'SMALLINT':
    case 'INT':
    case 'BIGINT':
      return (INTEGER_RANK[from.kind] ?? Number.POSITIVE_INFINITY) <= INTEGER_RANK[to.kind]!;
    case 'FLOAT':
      return isNumeric(from) && from.kind !== 'DOUBLE';
    case 'DOUBLE':
    case 'DECIMAL':
      return isNumeric(from);
    case 'DATE':
      return from.kind === 'DATE' || from.kind === 'TIMESTAMP';
    case 'TIME':
      return from.kind === 'TIME' || from.kind === 'TIMESTAMP';
    case 'TIMESTAMP':
    case 'TIMESTAMP_LTZ':
      return isTimestamp(from);
    case 'ARRAY':
    case 'MULTISET':
      return from.kind === to.kind && supportsImplicitCast(from.element, to.element);
    case 'MAP':
      return (
        from.kind === 'MAP' && supportsImplicitCast(from.key, to.key) && supportsImplicitCast(from.value, to.value)
      );
    case 'ROW':
      return (
        from.kind === 'ROW' &&
        from.fields.length === to.fields.length &&
        from.fields.every((field, i) => supportsImplicitCast(field.type, to.fields[i]!.type))
      );
    default:
      return from.kind === to.kind;
  }
}
