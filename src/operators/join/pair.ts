/**
 * The output of a join, field by field, for algorithms that keep one side (build) and walk through the other (probe).
 */
import type { CompileContext } from '../../expr/compile/context.ts';
import { nullOperand, type Operand } from '../../expr/compile/operand.ts';
import type { DataType } from '../../types/data-type.ts';
import type { JoinType } from '../specs.ts';
import { type JoinShape, joinShape } from './sides.ts';

export type ReadField = (index: number) => Operand;

export class JoinPair {
  readonly shape: JoinShape;
  readonly leftTypes: readonly DataType[];
  readonly rightTypes: readonly DataType[];

  constructor(
    type: JoinType,
    buildSide: 'left' | 'right',
    leftTypes: readonly DataType[],
    rightTypes: readonly DataType[],
  ) {
    this.shape = joinShape(type, buildSide);
    this.leftTypes = leftTypes;
    this.rightTypes = rightTypes;
  }

  get buildTypes(): readonly DataType[] {
    return this.shape.leftIsBuild ? this.leftTypes : this.rightTypes;
  }

  get probeTypes(): readonly DataType[] {
    return this.shape.leftIsBuild ? this.rightTypes : this.leftTypes;
  }

  /** SEMI or ANTI with the left side built: the build rows come out, when all is known. */
  get buildComesOut(): boolean {
    return this.shape.leftIsBuild && (this.shape.semi || this.shape.anti);
  }

  /** Rows of the build side are still owed when the probe side has ended. */
  get owesBuild(): boolean {
    return this.shape.keepsBuild || this.buildComesOut;
  }

  /** Left fields then right fields; a missing side is NULL. SEMI and ANTI: left fields only. */
  fields(probe: ReadField | null, build: ReadField | null): readonly Operand[] {
    const { leftIsBuild, semi, anti } = this.shape;
    const [left, right] = leftIsBuild ? [build, probe] : [probe, build];
    const leftFields = side(this.leftTypes, left);
    return semi || anti ? leftFields : [...leftFields, ...side(this.rightTypes, right)];
  }

  /** A context over the fields of the pair: what a condition is compiled in. */
  over(context: CompileContext, probe: ReadField, build: ReadField): CompileContext {
    const width = this.leftTypes.length;
    const [left, right] = this.shape.leftIsBuild ? [build, probe] : [probe, build];
    return context.over((column) => (column < width ? left(column) : right(column - width)));
  }

  /** Columns of the probe side among those of a pair. */
  probeColumns(pairColumns: readonly number[]): readonly number[] {
    const offset = this.shape.leftIsBuild ? this.leftTypes.length : 0;
    return pairColumns
      .map((column) => column - offset)
      .filter((column) => column >= 0 && column < this.probeTypes.length);
  }
}

function side(types: readonly DataType[], read: ReadField | null): Operand[] {
  return types.map((type, i) => (read === null ? nullOperand({ ...type, nullable: true }) : read(i)));
}
