import type { FailureWords } from "./en";

export const pt: FailureWords = {
  0: "O WhatsApp não respondeu. Tente de novo em instantes.",
  100: "O WhatsApp não entendeu esta mensagem. Escreva-a de novo; se falhar outra vez, avise quem cuida desta ferramenta.",
  190: "O WhatsApp não aceita mais o acesso deste número. Quem cuida desta ferramenta precisa renová-lo; depois, tente de novo.",
  368: "O WhatsApp bloqueou esta conta por violar as regras. Quem cuida da conta encontra o motivo no Gerenciador de Negócios da Meta.",
  130429: "Muitas mensagens estão saindo deste número ao mesmo tempo. Espere um minuto e tente de novo.",
  130472:
    "A Meta não entrega mensagens de marketing a esta pessoa por causa de um experimento. Espere que ela escreva e responda.",
  131021: "Um número não pode escrever para si mesmo.",
  131026:
    "A mensagem não pôde chegar: talvez esta pessoa não use o WhatsApp, tenha uma versão antiga ou não tenha aceitado os termos. Tente por outro meio.",
  131030:
    "Este é um número de teste e só pode escrever para pessoas de uma lista. Quem cuida dele precisa incluir esta.",
  131031: "O WhatsApp bloqueou esta conta. Quem cuida dela precisa resolver isso com a Meta.",
  131042: "A Meta não conseguiu cobrar por esta mensagem. Quem cuida da conta precisa ver a forma de pagamento.",
  131047:
    "Já se passaram mais de 24 horas desde a última mensagem do cliente. Envie um modelo ou espere que ele escreva.",
  131048:
    "O WhatsApp está limitando este número porque muitas pessoas o bloquearam ou denunciaram. Espere algumas horas e escreva menos.",
  131049: "A Meta reteve esta mensagem para que as pessoas não recebam marketing demais. Não a repita antes de um dia.",
  131050: "Esta pessoa não quer receber suas mensagens de marketing. Não a envie de novo.",
  131051: "O WhatsApp não entrega mensagens deste tipo. Diga de outra forma.",
  131053: "O WhatsApp não pôde usar o arquivo: o tipo ou o tamanho não está certo. Anexe-o em outro formato.",
  131056: "Muitas mensagens foram para esta pessoa em pouco tempo. Espere um minuto e tente de novo.",
  132000: "Falta ou sobra algum dado no modelo. Escolha-o de novo e preencha todos os campos.",
  132001: "O WhatsApp não tem este modelo neste idioma ou não o aprovou. Escolha outro.",
  132005: "Com os dados preenchidos, o modelo fica longo demais. Encurte os textos.",
  132007: "As regras do WhatsApp não permitem o que foi preenchido. Escreva de outra forma.",
  132012:
    "Um dado não tem a forma que o modelo pede, como um texto no lugar de uma imagem. Escolha-o de novo e preencha.",
  132015: "O WhatsApp pausou este modelo porque as pessoas não gostaram. Escolha outro.",
  132016: "O WhatsApp desativou este modelo para sempre. Escolha outro.",
  133010: "Este número não está mais registrado no WhatsApp. Quem cuida dele precisa registrá-lo de novo.",
};
