package dev.nearside.proxy.capture;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.nearside.proxy.config.DatabaseRows;
import dev.nearside.proxy.config.NearsideConfig;
import dev.nearside.proxy.config.NearsideConfig.Capture;
import dev.nearside.proxy.namespace.Namespaces;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

final class ChangeReaderTest {
  private static final DatabaseRows.Table ITEM = new DatabaseRows.Table("shop", "item");
  private static final Captured CAPTURED =
      Objects.requireNonNull(
          Captured.of(
              Namespaces.of(
                  List.of(
                      namespace("special", "item:7:x", null),
                      namespace("item", "item:{id:bigint}:{name}", ITEM),
                      namespace("name", "name:{name}", new DatabaseRows.Table(null, "item")),
                      namespace("kept", "kept:*", new DatabaseRows.Store()))),
              new Capture(List.of(ITEM, DatabaseRows.Store.TABLE), "p")));

  private final ChangeReader reader =
      new ChangeReader(CAPTURED, Map.of(1, CAPTURED.tables().get(0), 2, CAPTURED.tables().get(1)));

  private static NearsideConfig.Namespace namespace(
      String name, String keys, @Nullable DatabaseRows rows) {
    Duration ttl = Duration.ofMinutes(1);
    NearsideConfig.DatabaseRead read =
        rows == null
            ? null
            : new NearsideConfig.DatabaseRead(rows, "*", NearsideConfig.WhenUnavailable.ERROR);
    return new NearsideConfig.Namespace(name, keys, ttl, ttl, ttl, false, ttl, List.of(), read);
  }

  private @Nullable Changes take(byte[]... messages) throws Exception {
    Changes last = null;
    for (byte[] message : messages) {
      last = reader.take(PgOutput.read(ByteBuffer.wrap(message)));
    }
    return last;
  }

  private List<String> keys(byte[]... changes) throws Exception {
    take(Messages.begin(10, 0, 3), Messages.relation(1, "shop", "item", "!id", "!name", "body"));
    take(changes);
    return Objects.requireNonNull(take(Messages.commit(10, 12))).keys().stream()
        .map(key -> new String(key, UTF_8))
        .toList();
  }

  @Test
  void changes_haveTheKeysOfEveryNamespace_beforeAndAfter() throws Exception {
    assertThat(
            keys(
                Messages.insert(1, "1", "a", "body"),
                Messages.update(1, 'K', new String[] {"2", "b", "-"}, "3", "b", "~"),
                Messages.delete(1, 'K', "4", "d", "-"),
                Messages.delete(1, 'K', "4", "d", "-"),
                Messages.insert(99, "of another table")))
        .containsExactly(
            "item:1:a", "name:a", "item:2:b", "name:b", "item:3:b", "item:4:d", "name:d");
  }

  @Test
  void rows_withoutAKey_haveNone() throws Exception {
    assertThat(keys(Messages.insert(1, "-", "a", "b"))).containsExactly("name:a");
    assertThat(keysAgain(Messages.insert(1, "7", "x", "b"))).containsExactly("name:x");
    assertThat(keysAgain(Messages.insert(1, "7.00", "", "b"))).isEmpty();
    assertThat(keysAgain(Messages.insert(1, "7.00", "y", "b")))
        .containsExactly("item:7:y", "name:y");
    assertThat(keysAgain(Messages.insert(1, "7.50", "y", "b"))).containsExactly("name:y");
    assertThat(keysAgain(Messages.insert(1, "NaN", "y", "b"))).containsExactly("name:y");
  }

  private long lsn = 100;

  private List<String> keysAgain(byte[] change) throws Exception {
    lsn += 10;
    take(Messages.begin(lsn, 0, 3), change);
    return Objects.requireNonNull(take(Messages.commit(lsn, lsn + 2))).keys().stream()
        .map(key -> new String(key, UTF_8))
        .toList();
  }

  @Test
  void store_hasWholeKeys() throws Exception {
    take(
        Messages.begin(10, 0, 3),
        Messages.relation(2, "nearside", "entry", "!key", "value"),
        Messages.insert(2, "\\x6b6570743a00", "x"),
        Messages.insert(2, "\\x6f", "of no namespace"));
    assertThat(Objects.requireNonNull(take(Messages.commit(10, 12))).keys())
        .containsExactly("kept:\0".getBytes(UTF_8));
  }

  @Test
  void keysThatAreNotTold_andTruncate_flush() throws Exception {
    take(
        Messages.begin(10, 0, 3),
        Messages.relation(1, "shop", "item", "!id", "!name", "body"),
        Messages.update(1, 'K', new String[0], "1", "~", "b"));
    assertThat(Objects.requireNonNull(take(Messages.commit(10, 12))).flushed()).hasSize(2);
    take(Messages.begin(20, 0, 4), Messages.truncate(99, 2));
    assertThat(Objects.requireNonNull(take(Messages.commit(20, 22))).flushed()).hasSize(1);
  }

  @Test
  void oldRow_hasWhatTheNewOneDoesNotTell() throws Exception {
    assertThat(keys(Messages.update(1, 'O', new String[] {"1", "a", "b"}, "1", "~", "c")))
        .containsExactly("item:1:a", "name:a");
  }

  @Test
  void transactions_thatWereRead_areNotReadAgain() throws Exception {
    assertThat(keys(Messages.insert(1, "1", "a", "b"))).hasSize(2);
    assertThat(
            take(
                Messages.begin(10, 0, 3),
                Messages.insert(1, "1", "a", "b"),
                Messages.commit(10, 12)))
        .isNull();
  }

  @Test
  void largeTransactions_comeInParts() throws Exception {
    take(Messages.begin(10, 0, 3), Messages.relation(1, "shop", "item", "!id", "!name", "body"));
    int parts = 0;
    for (int i = 0; i < 2_000; i++) {
      Changes some = take(Messages.insert(1, "" + i, "n" + i, "b"));
      if (some != null) {
        parts++;
        assertThat(some.endLsn()).isZero();
        assertThat(some.xid()).isEqualTo(3);
        assertThat(some.keys()).hasSizeLessThanOrEqualTo(ChangeReader.MOST_KEYS + 1);
      }
    }
    assertThat(parts).isEqualTo(4);
    assertThat(Objects.requireNonNull(take(Messages.commit(10, 12))).endLsn()).isEqualTo(12);
  }

  @Test
  void tables_thatNoLongerTellTheirKeys_areSaid() {
    assertThatThrownBy(() -> take(Messages.relation(1, "shop", "item", "!id", "body")))
        .isInstanceOf(UnfitTableException.class)
        .hasMessage("table shop.item no longer tells its column name, which is a part of keys");
    assertThatThrownBy(() -> take(Messages.relation(1, "shop", "item", "!id", "name", "body")))
        .isInstanceOf(UnfitTableException.class)
        .hasMessage("column name of table shop.item is no longer in its replica identity");
  }
}
