package dev.nearside.proxy.capture;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.nearside.proxy.capture.ChangeMessage.Begin;
import dev.nearside.proxy.capture.ChangeMessage.Column;
import dev.nearside.proxy.capture.ChangeMessage.Commit;
import dev.nearside.proxy.capture.ChangeMessage.Delete;
import dev.nearside.proxy.capture.ChangeMessage.Insert;
import dev.nearside.proxy.capture.ChangeMessage.Other;
import dev.nearside.proxy.capture.ChangeMessage.Relation;
import dev.nearside.proxy.capture.ChangeMessage.Truncate;
import dev.nearside.proxy.capture.ChangeMessage.Update;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

final class PgOutputTest {
  private static final List<byte[]> ALL =
      List.of(
          Messages.begin(7, 1_000_000, -3),
          Messages.commit(7, 9),
          Messages.relation(5, "public", "größe", "!id", "body"),
          Messages.insert(5, "1", "-"),
          Messages.update(5, 'K', new String[] {"1", "-"}, "2", "~"),
          Messages.update(5, 'O', new String[] {"1", "x"}, "1", "y"),
          Messages.update(5, 'K', new String[0], "1", "y"),
          Messages.delete(5, 'K', "1", "-"),
          Messages.truncate(5, -6));

  private static ChangeMessage read(byte[] message) throws BadMessageException {
    return PgOutput.read(ByteBuffer.wrap(message));
  }

  @Test
  void messages_areRead() throws BadMessageException {
    assertThat(read(ALL.get(0))).isEqualTo(new Begin(7, 946_684_801_000_000L, -3));
    assertThat(read(ALL.get(1))).isEqualTo(new Commit(7, 9));
    assertThat(read(ALL.get(2)))
        .isEqualTo(
            new Relation(
                5, "public", "größe", List.of(new Column("id", true), new Column("body", false))));
    assertThat(read(Messages.relation(5, "", "x")))
        .isEqualTo(new Relation(5, "pg_catalog", "x", List.of()));
    assertThat(read(ALL.get(8))).isEqualTo(new Truncate(List.of(5, -6)));
    for (char type : "MOY".toCharArray()) {
      assertThat(read(Messages.message(type, out -> out.writeLong(1)))).isEqualTo(new Other(type));
    }
  }

  @Test
  void rows_areReadWithWhatIsNotTold() throws BadMessageException {
    Insert insert = (Insert) read(ALL.get(3));
    assertThat(insert.row().text(0)).isEqualTo("1".getBytes(UTF_8));
    assertThat(insert.row().kind(1)).isEqualTo(Row.Kind.NULL);
    Update update = (Update) read(ALL.get(4));
    assertThat(update.old()).isNotNull();
    assertThat(update.row().kind(1)).isEqualTo(Row.Kind.UNCHANGED);
    assertThat(((Update) read(ALL.get(6))).old()).isNull();
    assertThat(((Delete) read(ALL.get(7))).old().text(0)).isEqualTo("1".getBytes(UTF_8));
  }

  @Test
  void messages_thatAreCutOffAnywhere_orTooLong_areRefused() {
    for (byte[] message : ALL) {
      for (int length = 0; length < message.length; length++) {
        byte[] cut = Arrays.copyOf(message, length);
        assertThatThrownBy(() -> read(cut)).isInstanceOf(BadMessageException.class);
      }
      byte[] longer = Arrays.copyOf(message, message.length + 1);
      assertThatThrownBy(() -> read(longer))
          .isInstanceOf(BadMessageException.class)
          .hasMessageContaining("1 bytes behind");
    }
  }

  @Test
  void lengths_thatCannotBe_areRefused_beforeAnythingIsMade() {
    assertRefused('T', 0x7fffffff, "a TRUNCATE of 2147483647 tables; expected fewer");
    assertThatThrownBy(() ->
            read(
                Messages.message(
                    'I',
                    out -> {
                      out.writeInt(5);
                      out.write('N');
                      out.writeShort(1);
                      out.write('t');
                      out.writeInt(1 << 30);
                    })))
        .hasMessage("a value of 1073741824 bytes; expected 0 at most");
    assertRefused('?', 0, "a message of type 63; expected one of BCRIUDTMOY");
  }

  private static void assertRefused(char type, int number, String sentence) {
    assertThatThrownBy(() ->
            read(
                Messages.message(
                    type,
                    out -> {
                      out.writeInt(number);
                      out.writeInt(0);
                    })))
        .hasMessage(sentence);
  }
}
