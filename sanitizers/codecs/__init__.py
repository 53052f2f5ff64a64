"""Native codecs behind small typed functions: TurboJPEG, libdeflate, ISA-L. They know no policy."""
