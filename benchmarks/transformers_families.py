"""Models of transformers in their default configuration, with few layers: one function for each family, the targets of ``transformers_agreement.py``."""

from __future__ import annotations

from transformers import (
    AlbertConfig,
    AlbertModel,
    BartConfig,
    BartModel,
    BertConfig,
    BertModel,
    CLIPConfig,
    CLIPModel,
    DeiTConfig,
    DeiTModel,
    DistilBertConfig,
    DistilBertModel,
    ElectraConfig,
    ElectraModel,
    GemmaConfig,
    GemmaModel,
    GPT2Config,
    GPT2Model,
    LlamaConfig,
    LlamaModel,
    MambaConfig,
    MambaModel,
    MistralConfig,
    MistralModel,
    OPTConfig,
    OPTModel,
    Qwen2Config,
    Qwen2Model,
    RobertaConfig,
    RobertaModel,
    SwinConfig,
    SwinModel,
    T5Config,
    T5Model,
    ViTConfig,
    ViTModel,
    Wav2Vec2Config,
    Wav2Vec2Model,
    WhisperConfig,
    WhisperModel,
)


def albert() -> AlbertModel:
    return AlbertModel(AlbertConfig(num_hidden_layers=2))


def bart() -> BartModel:
    return BartModel(BartConfig(encoder_layers=2, decoder_layers=2))


def bert() -> BertModel:
    return BertModel(BertConfig(num_hidden_layers=2))


def clip() -> CLIPModel:
    return CLIPModel(CLIPConfig(text_config={"num_hidden_layers": 2}, vision_config={"num_hidden_layers": 2}))


def deit() -> DeiTModel:
    return DeiTModel(DeiTConfig(num_hidden_layers=2))


def distilbert() -> DistilBertModel:
    return DistilBertModel(DistilBertConfig(n_layers=2))


def electra() -> ElectraModel:
    return ElectraModel(ElectraConfig(num_hidden_layers=2))


def gemma() -> GemmaModel:
    return GemmaModel(GemmaConfig(num_hidden_layers=1))


def gpt2() -> GPT2Model:
    return GPT2Model(GPT2Config(n_layer=2))


def llama() -> LlamaModel:
    return LlamaModel(LlamaConfig(num_hidden_layers=1))


def mamba() -> MambaModel:
    return MambaModel(MambaConfig(num_hidden_layers=2))


def mistral() -> MistralModel:
    return MistralModel(MistralConfig(num_hidden_layers=1))


def opt() -> OPTModel:
    return OPTModel(OPTConfig(num_hidden_layers=2))


def qwen2() -> Qwen2Model:
    return Qwen2Model(Qwen2Config(num_hidden_layers=1))


def roberta() -> RobertaModel:
    return RobertaModel(RobertaConfig(num_hidden_layers=2))


def swin() -> SwinModel:
    return SwinModel(SwinConfig(depths=[2, 2], num_heads=[3, 6]))


def t5() -> T5Model:
    return T5Model(T5Config(num_layers=2))


def vit() -> ViTModel:
    return ViTModel(ViTConfig(num_hidden_layers=2))


def wav2vec2() -> Wav2Vec2Model:
    return Wav2Vec2Model(Wav2Vec2Config(num_hidden_layers=2))


def whisper() -> WhisperModel:
    return WhisperModel(WhisperConfig(encoder_layers=2, decoder_layers=2))
