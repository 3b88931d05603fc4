/** The headers of questions and answers. */
export const askHeaders = {
  /** On a question: the time for its whole answer, in milliseconds. */
  within: "Pbx-Within",
  /** On each part of an answer: which one it is, from 0. */
  piece: "Pbx-Piece",
  /** On the last part: `answer`, or `failure` when the parts together are a WireError. */
  end: "Pbx-End",
} as const;
