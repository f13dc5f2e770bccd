/** A run of rows of a segment, counted from 0: from `from` up to and without `to`. */
export interface Part {
  readonly from: number;
  readonly to: number;
}
