package dev.nearside.proxy.tier.database;

import dev.nearside.proxy.strings.KeyState;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The rows of a namespace as strings that commands write. Immutable; blocks. */
interface StringRows {
  /**
   * Returns what the rows of {@code keys} hold, which nobody else changes until the transaction of
   * {@code connection} ends.
   *
   * @param keys each once; whoever asks holds what keeps others from inserting them
   */
  List<KeyState> lock(Connection connection, List<byte[]> keys) throws SQLException;

  /** Has each of {@code keys} hold what stands in its place in {@code states}. */
  void write(Connection connection, List<byte[]> keys, List<KeyState> states) throws SQLException;

  /** Returns why no row of {@code key} can hold {@code state}, or null where one can. */
  @Nullable String refusal(byte[] key, KeyState state);
}
