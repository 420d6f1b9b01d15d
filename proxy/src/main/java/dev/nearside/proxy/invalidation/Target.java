package dev.nearside.proxy.invalidation;

import java.util.List;

/** What is to be forgotten. The arrays are never changed. */
public sealed interface Target {
  /** Keys of exactly these names. */
  record Keys(List<byte[]> names) implements Target {}

  /** Every key whose name begins so; all keys where it is empty. */
  @SuppressWarnings("ArrayRecordComponent") // a carrier; nobody compares it
  record Prefix(byte[] prefix) implements Target {}

  /** Every key whose name matches. */
  record Pattern(Glob glob) implements Target {}

  /** Every key that carries one of these tags. */
  record Tags(List<byte[]> tags) implements Target {}
}
