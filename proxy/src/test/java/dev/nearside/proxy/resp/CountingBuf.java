package dev.nearside.proxy.resp;

import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.buffer.UnpooledHeapByteBuf;

/** Counts how often it is read, so that work can be bounded without a clock. */
final class CountingBuf extends UnpooledHeapByteBuf {
  long reads;

  CountingBuf(int capacity) {
    super(UnpooledByteBufAllocator.DEFAULT, capacity, capacity);
  }

  @Override
  public byte getByte(int index) {
    reads++;
    return super.getByte(index);
  }

  @Override
  public short getShort(int index) {
    reads++;
    return super.getShort(index);
  }

  @Override
  public long getLong(int index) {
    reads++;
    return super.getLong(index);
  }
}
