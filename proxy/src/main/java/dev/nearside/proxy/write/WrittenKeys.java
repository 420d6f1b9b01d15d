package dev.nearside.proxy.write;

import dev.nearside.proxy.namespace.Namespace;
import dev.nearside.proxy.tier.database.DatabaseWriter.Row;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The keys of a command, which may name one twice, and the same keys each once.
 *
 * @param rows each once, in the order in which they are first named
 * @param places for each key of the command, which of the rows it is
 */
@SuppressWarnings("ArrayRecordComponent") // a carrier, never compared
record WrittenKeys(List<Row> rows, int[] places) {
  /**
   * Creates them.
   *
   * @param keys as the command names them
   * @param namespaces that of each
   */
  static WrittenKeys of(List<byte[]> keys, List<Namespace> namespaces) {
    Map<ByteBuffer, Integer> known = new HashMap<>();
    List<Row> rows = new ArrayList<>();
    int[] places = new int[keys.size()];
    for (int i = 0; i < places.length; i++) {
      byte[] key = keys.get(i);
      Integer place = known.putIfAbsent(ByteBuffer.wrap(key), rows.size());
      if (place == null) {
        place = rows.size();
        rows.add(new Row(namespaces.get(i), key));
      }
      places[i] = place;
    }
    return new WrittenKeys(List.copyOf(rows), places);
  }

  /** Returns the names of the rows. */
  List<byte[]> names() {
    return rows.stream().map(Row::key).toList();
  }

  /** Returns whose they are, as it is said to a client. */
  String namespaces() {
    List<String> names = rows.stream().map(row -> row.namespace().name()).distinct().toList();
    return (names.size() == 1 ? "namespace " : "namespaces ") + String.join(", ", names);
  }

  /** Returns what stands for each row, for each key of the command. */
  <T> List<T> inOrderOf(List<T> ofRows) {
    List<T> all = new ArrayList<>(places.length);
    for (int place : places) {
      all.add(ofRows.get(place));
    }
    return all;
  }

  /** Returns what stands for each key of the command, for each row: what its last name has. */
  <T> List<T> eachOnce(List<T> ofKeys) {
    List<T> all = new ArrayList<>(rows.size());
    for (int row = 0; row < rows.size(); row++) {
      int last = places.length - 1;
      while (places[last] != row) {
        last--;
      }
      all.add(ofKeys.get(last));
    }
    return all;
  }
}
