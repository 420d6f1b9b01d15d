package dev.nearside.proxy.tier.redis;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.protocol.CommandArgs;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class GatheredArgumentsTest {
  private final GatheredArguments gathered = new GatheredArguments();
  private final CommandArgs<byte[], byte[]> plain = new CommandArgs<>(ByteArrayCodec.INSTANCE);

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 9, 10, 99, 100, 999, 1000, 1008, 1024, 5000, 123_456})
  void bulk_ofAnyLength_isWrittenAsLettuceWritesIt(int length) {
    byte[] argument = "x".repeat(length).getBytes(US_ASCII);
    for (int i = 0; i < 3; i++) {
      gathered.bulk(argument);
      plain.add(argument);
    }
    assertSame();
  }

  @ParameterizedTest
  @ValueSource(longs = {0, 7, 10, 900_000, Long.MAX_VALUE})
  void number_isWrittenAsLettuceWritesIt(long number) {
    gathered.number(number).number(number);
    plain.add(number).add(number);
    assertSame();
  }

  @Test
  void bulk_withAPrefix_isOneArgument() {
    gathered.bulk("lease:".getBytes(US_ASCII), "key".getBytes(US_ASCII));
    plain.add("lease:key".getBytes(US_ASCII));
    assertSame();
  }

  private void assertSame() {
    assertThat(gathered.count()).isEqualTo(plain.count());
    assertThat(written(gathered)).isEqualTo(written(plain));
  }

  private static byte[] written(CommandArgs<byte[], byte[]> arguments) {
    ByteBuf out = Unpooled.buffer();
    try {
      arguments.encode(out);
      return ByteBufUtil.getBytes(out);
    } finally {
      out.release();
    }
  }
}
